import type { ExitCode } from '../../../src/cli/failure.ts';
import type { Call, Scene, SceneOptions } from './scene.ts';

/** Something that a person or an application does, with what is to be seen when it dies in a call of one script. */
export type Deed = SceneOptions & {
  script: string;
  /** What is done, for the name of the test. */
  what: string;
  prepare(scene: Scene): Promise<{ call: Call; see: () => Promise<unknown> }>;
  /** What others see once the script has run. */
  done: unknown;
  /** What others see before it, where calls of other scripts come first. Left out: nothing at all has changed. */
  halfway?: unknown;
  /** What others see when the same has been done again. Left out: `done`. */
  end?: unknown;
  /** What a second time, after one that was done, leaves where it makes one more. Left out: `end`. */
  twice?: unknown;
  /** Exit code of that second time. Left out: 0. */
  again?: ExitCode;
  /** What time does between the death and the second time. */
  meanwhile?(scene: Scene): Promise<unknown>;
};

/** A command that is the same for every scene. */
export const says = (...words: string[]): Call => ({ words });
