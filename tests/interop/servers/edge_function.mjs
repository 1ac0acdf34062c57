// Runs an edge function's code on a list of responses. Arguments: the code, then the responses as JSON.
import vm from 'node:vm';

const exports = {};
vm.runInNewContext(process.argv[2], { exports });
const answers = await Promise.all(
  JSON.parse(process.argv[3]).map((response) => exports.handler({ Records: [{ cf: { response } }] })),
);
console.log(JSON.stringify(answers));
