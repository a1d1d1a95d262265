import { runHelm } from '../chart.ts';

const helps = new Map<string, Promise<string>>();

/** What is wrong with the words behind `helm`: a command or a long flag that this helm does not know. */
export async function helmFault([command = '', ...words]: readonly string[]): Promise<string | undefined> {
  const asked = helps.get(command) ?? runHelm([command, '--help']).then(({ stdout }) => stdout);
  helps.set(command, asked);
  const help = await asked;
  if (!help.includes(`helm ${command} `)) return `there is no command: helm ${command}`;
  const unknown = words.find((word) => word.startsWith('--') && !help.includes(` ${word.replace(/=.*/, '')} `));
  return unknown === undefined ? undefined : `helm ${command} has no ${unknown}`;
}
