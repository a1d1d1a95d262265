import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOf, parseDockerfile, type Stage } from '../support/image/dockerfile.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const readRepository = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const manifest = JSON.parse(readRepository('package.json')) as {
  version: string;
  scripts: Readonly<Record<string, string>>;
  engines: { node: string };
};

const { stages } = parseDockerfile(readRepository('Dockerfile'));

/** The stage of the Dockerfile that becomes the image, and the one that installs its packages. */
export const image = stages.at(-1) as Stage;
export const packages = stages.find(({ name }) => name === 'packages') as Stage;

export const imageEnvironment = environmentOf(image);

/** How long an isolated attempt that has not ended after the drain may take to be killed; see src/assembly.ts. */
export const KILL_AFTER_MS = 5_000;
