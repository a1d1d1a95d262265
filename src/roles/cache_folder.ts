import { join } from 'node:path';
import type { Config } from '../config.ts';

/** Folder in which compiled job files are kept between starts. */
export const cacheFolderOf = (config: Pick<Config, 'dataFolder'>): string => join(config.dataFolder, 'cache');
