/** The library under Node: its one file is its workers' too. */
import './worker.ts';

export * from './index.ts';
