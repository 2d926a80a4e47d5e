/** How much of a project is written at once, and what where it does not fit. */
import type { ProjectHead } from '../../src/js/index.ts';
import { type FileBatch, rowOfFiles, sumOf, unfit } from './project_files.ts';
import type { ProjectStore, Row } from './project_store.ts';

/** Room in use and at most; empty where the browser does not tell. */
export async function estimate(): Promise<StorageEstimate> {
  return (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
}

/** Writes files and other rows. Raises: DOMException, `QuotaExceededError` where the rows do not fit even without the files. */
export async function writeRows(known: ProjectStore, head: ProjectHead, rows: readonly Row[], files: readonly FileBatch[]): Promise<void> {
  if (await writeTogether(known, head, rows, files)) return;
  await writeFiles(known, head, files);
  await known.write(head, rows);
}

/** A browser that is killed meanwhile has nothing of them. */
const mostBytesTogether = 64 * 1024 * 1024;

/** At once what is little enough, for each write costs. Returns: whether all was written; else nothing was. */
async function writeTogether(known: ProjectStore, head: ProjectHead, rows: readonly Row[], files: readonly FileBatch[]): Promise<boolean> {
  const bytes = files.reduce((sum, batch) => sum + bytesOf(batch), 0);
  if (bytes > mostBytesTogether || !(await fits(bytes))) return false;
  try {
    await known.write(head, [...files.map((batch) => rowOfFiles(batch, null)), ...rows]);
    return true;
  } catch {
    return false;
  }
}

function bytesOf(batch: FileBatch): number {
  return batch.images.reduce((sum, { file, sizeBytes }) => sum + (file ? sizeBytes : 0), 0);
}

/** Batch by batch; those that do not fit are known by their sums. */
async function writeFiles(known: ProjectStore, head: ProjectHead, batches: readonly FileBatch[]): Promise<void> {
  for (const batch of batches) {
    try {
      if (await fits(bytesOf(batch))) {
        await known.write(head, [rowOfFiles(batch, null)]);
        continue;
      }
    } catch {
      // No room, or a file that is gone or has changed since: results are kept without them, where that can be.
    }
    unfit.value = new Set([...unfit.value, ...batch.images.map((_, i) => batch.number + i)]);
    await known.write(head, [rowOfFiles(batch, await Promise.all(batch.images.map(({ file }) => (file ? sumOf(file) : null))))]);
  }
}

/** A tenth of the room stays free. */
async function fits(bytes: number): Promise<boolean> {
  if (bytes === 0) return true;
  const { usage = 0, quota = Infinity } = await estimate();
  return usage + bytes < 0.9 * quota;
}
