// `node check_events.mjs FILE…`: each file is one event; it is held to the CloudEvents JSON Schema that the SDK has.
import { readFileSync } from "node:fs";
import { CloudEvent } from "cloudevents";

for (const file of process.argv.slice(2)) {
  new CloudEvent(JSON.parse(readFileSync(file, "utf8")), false).validate();
}
console.log(`${process.argv.length - 2} events`);
