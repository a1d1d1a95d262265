import type { Ajv as AjvInstance, Options } from 'ajv';
import { createRequire } from 'node:module';
import { installAjv } from '../core/payload_schema.ts';

type AjvClass = new (options: Options) => Pick<AjvInstance, 'compile'>;

/** Lets payloads be described by JSON Schema; Ajv is loaded with the first of them, a dialect at a time. */
export function offerAjv(): void {
  const load = createRequire(import.meta.url);
  installAjv((dialect, options) => {
    if (dialect === '2020-12') {
      const { Ajv2020 } = load('ajv/dist/2020.js') as { Ajv2020: AjvClass };
      return new Ajv2020(options);
    }
    const { Ajv } = load('ajv') as { Ajv: AjvClass };
    return new Ajv(options);
  });
}
