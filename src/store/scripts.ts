import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Cluster, Command, type Redis } from 'ioredis';
import type { Connection } from './connect.ts';
import { translateRedisError } from './errors.ts';

export type Script = { name: string; sha: string; text: string };
export type ScriptArg = string | number;

const FOLDER = new URL('./lua/', import.meta.url);

/** Reads `lua/*.lua` once. Files that start with `_` are parts: `_prelude` goes before each, others where `-- include:` of a script or a part names them. */
export function loadScripts(folder: URL = FOLDER): Map<string, Script> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  const text = new Map(files.map((file) => [file.slice(0, -4), readFileSync(new URL(file, folder), 'utf8')]));
  const part = (name: string): string => {
    const found = text.get(name);
    if (found === undefined) throw new Error(`no script part ${name}.lua`);
    return found;
  };
  const scripts = new Map<string, Script>();
  for (const [name, body] of text) {
    if (name.startsWith('_')) continue;
    const parts = new Set<string>(['_prelude']);
    for (const included of includesOf(body)) addPart(included, parts, part);
    const whole = nested([...[...parts].map(part), body]);
    scripts.set(name, { name, text: whole, sha: createHash('sha1').update(whole).digest('hex') });
  }
  return scripts;
}

/**
 * Each part is a function inside the one before. Lua makes all functions of a script anew with each call, and looks for each
 * local that one of them names among all locals of the function around it that were named before (luaF_findupval); what lies
 * further out it finds at once.
 */
function nested(parts: readonly string[]): string {
  return parts.join('\nreturn (function()\n') + '\nend)()'.repeat(parts.length - 1);
}

function includesOf(text: string): string[] {
  return /^-- include: (.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
}

/** A part goes behind those that it includes itself, and each is there once. */
function addPart(name: string, parts: Set<string>, textOf: (name: string) => string): void {
  if (parts.has(name)) return;
  for (const needed of includesOf(textOf(name))) addPart(needed, parts, textOf);
  parts.add(name);
}

const SCRIPTS = loadScripts();

export type ScriptCall = { connection: Connection; prefix: string; args: ScriptArg[] };

/**
 * Runs one script on one shard. Scripts are content-addressed (EVALSHA, loaded on NOSCRIPT), so replicas of different
 * versions can run side by side. Throws coded errors only.
 */
export async function runScript(name: string, { connection, prefix, args }: ScriptCall): Promise<unknown> {
  const script = SCRIPTS.get(name);
  if (script === undefined) throw new Error(`no script ${name}`);
  try {
    return await send(connection, 'evalsha', [script.sha, 1, prefix, ...args]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw translateRedisError(error);
  }
  try {
    return await send(connection, 'eval', [script.text, 1, prefix, ...args]);
  } catch (error) {
    throw translateRedisError(error);
  }
}

function send(connection: Connection, name: string, args: ScriptArg[]): Promise<unknown> {
  const command = new Command(name, args as string[], { replyEncoding: 'utf8' });
  return connection.sendCommand(command) as Promise<unknown>;
}

/**
 * Loads the scripts that Redis does not have, so that the first calls need no second round trip. A node that is missed
 * loads on its first NOSCRIPT.
 */
export async function preloadScripts(connection: Connection): Promise<void> {
  const nodes = connection instanceof Cluster ? connection.nodes('master') : [connection];
  await Promise.allSettled(nodes.map(loadMissing));
}

/** All of them are a megabyte and a half: too much for each process of a fleet that starts anew. */
async function loadMissing(node: Redis): Promise<void> {
  const scripts = [...SCRIPTS.values()];
  const known = (await node.script('EXISTS', ...scripts.map(({ sha }) => sha))) as number[];
  await Promise.allSettled(scripts.filter((_, i) => known[i] !== 1).map(({ text }) => node.script('LOAD', text)));
}
