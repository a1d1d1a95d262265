import { appendFileSync } from 'node:fs';
import { register } from 'node:module';

// Loaded by --import before a process, and before each of its threads: appends each module that is loaded from then on to the
// file that LOADED_MODULES names.
const file = process.env['LOADED_MODULES'];
if (file !== undefined) {
  appendFileSync(file, '');
  const hook = `
    import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(file)}, url + '\\n');
      return next(url, context);
    }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
