/** Models that a person added, and their network that finds cells, in this browser's own database: apart from projects, for all of them use them. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { ModelSpec } from '../../src/js/index.ts';

/** `name`: what it is called here; `file`: its zip as it came; `spec`: as it says itself. */
export interface KeptModel { name: string; file: Blob; spec: ModelSpec; specSha256: string | null; addedAtMs: number }

/** The bytes of a zip as the page's own: what is on a disk may change or go. Raises: DOMException for a file that cannot be read. */
export async function heldZip(file: Blob): Promise<Blob> {
  return new Blob([await file.arrayBuffer()], { type: 'application/zip' });
}

/** There is one at most. `file`: its zip as it came. */
export interface KeptDetector { file: Blob }
const theDetector = 'detector';

interface Tables extends DBSchema {
  models: { key: string; value: KeptModel };
  detectors: { key: typeof theDetector; value: KeptDetector };
}

/** Not that of projects: to add a table to a database every tab that has it open must let go of it. */
const databaseName = 'cytodrop-models';

function open(): Promise<IDBPDatabase<Tables>> {
  return openDB<Tables>(databaseName, 2, {
    upgrade: (database, before) => {
      if (before < 1) database.createObjectStore('models', { keyPath: 'name' });
      database.createObjectStore('detectors');
    },
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
  });
}

/** Opened for each use: they are few and far between. Raises: DOMException where this browser keeps nothing. */
async function withDatabase<T>(use: (database: IDBPDatabase<Tables>) => Promise<T>): Promise<T> {
  const database = await open();
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

/** Oldest first. Raises: as the others. */
export async function listKeptModels(): Promise<KeptModel[]> {
  return (await withDatabase((database) => database.getAll('models'))).sort((a, b) => a.addedAtMs - b.addedAtMs);
}

/** Raises: DOMException, `ConstraintError` where there is one of that name, as another tab may have kept it; `QuotaExceededError` where it does not fit. */
export async function keepModel(model: KeptModel): Promise<void> {
  await withDatabase((database) => database.add('models', model));
}

export async function forgetModel(name: string): Promise<void> {
  await withDatabase((database) => database.delete('models', name));
}

/** Raises: DOMException where this browser keeps nothing. */
export async function keptDetector(): Promise<KeptDetector | undefined> {
  return withDatabase((database) => database.get('detectors', theDetector));
}

/** In place of the one before; undefined: none. Raises: DOMException, `QuotaExceededError` where it does not fit. */
export async function keepDetector(detector: KeptDetector | undefined): Promise<void> {
  await withDatabase<unknown>((database) => (detector ? database.put('detectors', detector, theDetector) : database.delete('detectors', theDetector)));
}
