/** Projects in this browser's own database. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { ProjectHead } from '../../src/js/index.ts';

/** A file as it is kept: its bytes stand in its row's blob from `offset` on; null where it did not fit. */
export interface KeptImage { path: string; intended: string | null; type: string; lastModified: number; sizeBytes: number; sha256: string | null; offset: number | null }

/** Files one after the other. Their bytes are one blob: a thousand small blobs take longer to write than the network takes to name them. */
export interface KeptFiles { images: KeptImage[]; bytes: Blob | null }

/** Rows of a project: a table's name, a number in it, and what stands there. */
export type RowKey = [project: string, table: string, number: number];
export interface Row { table: string; number: number; value: unknown }

/** Of this table's rows many may be written together, and none is small. */
export const largeRows = 'frame_cells';

interface Tables extends DBSchema {
  projects: { key: string; value: ProjectHead };
  rows: { key: RowKey; value: unknown };
}

const databaseName = 'cytodrop';
/** Rises with the shape of the database; what stands in it has its own schema. */
const databaseVersion = 1;

export class ProjectStore {
  readonly #database: IDBPDatabase<Tables>;

  private constructor(database: IDBPDatabase<Tables>) {
    this.#database = database;
  }

  /**
   * Args:
   *   onGone: the browser closed the database, as when its data are cleared.
   * Raises: DOMException where this browser keeps nothing, as in some private windows.
   */
  static async open(onGone: () => void): Promise<ProjectStore> {
    const database = await openDB<Tables>(databaseName, databaseVersion, {
      upgrade(fresh) {
        fresh.createObjectStore('projects', { keyPath: 'id' });
        fresh.createObjectStore('rows');
      },
      // A newer page in another tab waits for this one.
      blocking: () => database.close(),
      terminated: onGone,
    });
    return new ProjectStore(database);
  }

  /** Newest first. */
  async list(): Promise<ProjectHead[]> {
    return (await this.#database.getAll('projects')).sort((a, b) => b.changedAtMs - a.changedAtMs);
  }

  head(id: string): Promise<ProjectHead | undefined> {
    return this.#database.get('projects', id);
  }

  /** All rows of one table, by their numbers. */
  async table(id: string, table: string): Promise<Map<number, unknown>> {
    const range = IDBKeyRange.bound([id, table, -Infinity], [id, table, Infinity]);
    const rows = this.#database.transaction('rows').store;
    const [keys, values] = await Promise.all([rows.getAllKeys(range), rows.getAll(range)]);
    return new Map(keys.map(([, , number], i) => [number, values[i]]));
  }

  /**
   * Writes rows and the head together; a row without a value is deleted.
   *
   * Raises: DOMException, `QuotaExceededError` where they do not fit: then nothing is written.
   */
  async write(head: ProjectHead, rows: readonly Row[]): Promise<void> {
    // Relaxed: a result is worth no wait for the disk.
    const work = this.#database.transaction(['projects', 'rows'], 'readwrite', { durability: 'relaxed' });
    const store = work.objectStore('rows');
    for (const { table, number, value } of rows) {
      const done = value === undefined ? store.delete([head.id, table, number]) : store.put(value, [head.id, table, number]);
      done.catch(() => undefined);
      // Copying a large row takes its time: the page comes in between.
      if (table === largeRows) await done.catch(() => undefined);
    }
    work.objectStore('projects').put(head).catch(() => undefined);
    await work.done;
  }

  async rename(id: string, name: string): Promise<void> {
    const work = this.#database.transaction('projects', 'readwrite');
    const head = await work.store.get(id);
    if (head) await work.store.put({ ...head, name });
    await work.done;
  }

  /** Copies a project, row by row. Raises: as `write`. */
  async duplicate(id: string, copy: Pick<ProjectHead, 'id' | 'name'>): Promise<void> {
    const work = this.#database.transaction(['projects', 'rows'], 'readwrite');
    const head = await work.objectStore('projects').get(id);
    if (!head) return;
    const rows = work.objectStore('rows');
    for (let cursor = await rows.openCursor(rangeOf(id)); cursor; cursor = await cursor.continue()) {
      const [, table, number] = cursor.key;
      await rows.put(cursor.value, [copy.id, table, number]);
    }
    await work.objectStore('projects').put({ ...head, ...copy, changedAtMs: Date.now() });
    await work.done;
  }

  /** Deletes a project and everything that belongs to it. */
  async forget(id: string): Promise<void> {
    const work = this.#database.transaction(['projects', 'rows'], 'readwrite');
    await Promise.all([work.objectStore('rows').delete(rangeOf(id)), work.objectStore('projects').delete(id), work.done]);
  }
}

function rangeOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}
