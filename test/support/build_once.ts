import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Before the first test: `dist/` is made current, for the tests that start real processes from it. */
export default function buildOnce(): void {
  const setup = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [setup, '--for', 'build'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('dist/ could not be built: see above');
}
