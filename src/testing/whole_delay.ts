/** In the place of chance: jitter takes the whole of a delay, so that a test knows when a retry comes. */
export const wholeDelay = (): number => 1;
