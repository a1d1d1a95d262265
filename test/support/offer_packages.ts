import { offerAjv } from '../../src/runtime/ajv_package.ts';

// What an entry of the package does; many tests use modules below it.
offerAjv();
