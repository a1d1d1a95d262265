import { serveAttempt } from './entry.ts';
import { dieWithParent, parentChannel } from './own_process.ts';

/** Entry of a child process that runs one attempt. */
dieWithParent();
serveAttempt(parentChannel());
