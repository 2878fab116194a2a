"""Opening what the departments seal: key references, the key ring, five envelopes and the file drop."""
