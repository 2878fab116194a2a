// `node parse_asyncapi.mjs FILE`: exits with 1 where the parser has anything worse to say than an information.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const WARNING = 1;
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const faults = diagnostics.filter((each) => each.severity <= WARNING);
for (const each of faults) console.log(each.code, each.path.join("."), each.message);
console.log(`${document ? document.allMessages().length : 0} messages`);
process.exit(document && !faults.length ? 0 : 1);
