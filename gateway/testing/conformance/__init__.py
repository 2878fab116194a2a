"""The rules that every department is held to, tried on its samples: in its test and by `gateway check`."""
