/** Questions about single images, frames and reports. */
import { signal } from '@preact/signals';
import { allChecks, type Checked, type CheckResult, type FileContent, type Report, type RequestFacts } from '../../src/js/index.ts';
import { client } from './client.ts';
import { mode } from './mode.ts';
import { checkCell, viewCell } from './held_frames.ts';
import { allImages } from './images.ts';
import { imageScale, modelSettled } from './models.ts';
import { words } from './words.ts';

/** The crop of one image as the network saw it, no side longer than asked. */
export function viewOf(index: number, maxSidePx: number): Promise<ImageData> {
  if (mode.value === 'fields') return modelSettled().then(() => viewCell(index, maxSidePx));
  const file = allImages()[index]?.file;
  return file ? viewed(file, maxSidePx) : Promise.reject(new Error(words.noSuchImage));
}

async function viewed(file: File, maxSidePx: number): Promise<ImageData> {
  await modelSettled();
  const { rgba, widthPx, heightPx } = await client.view(file, maxSidePx, { imageScale: imageScale.value });
  return new ImageData(rgba, widthPx, heightPx);
}

/** Everything that can be checked of one cell. Raises: CytodropError, WorkerDied, Error where the image is gone. */
export async function checkOf(index: number): Promise<Checked> {
  if (mode.value === 'fields') return checkCell(index, allChecks);
  const file = allImages()[index]?.file;
  if (!file) throw new Error(words.imageGone);
  return client.classify(file, { checks: allChecks, imageScale: imageScale.value });
}

/** What the file of an image or frame says beside its pixels, by its position among the files; it stays in this page. */
export function contentOf(position: number): Promise<FileContent> {
  const file = allImages()[position]?.file;
  return file ? client.inspect(file) : Promise.reject(new Error(words.noSuchImage));
}

/** Requests that the workers made, which the page's own record does not have. */
export function workerRequests(): Promise<RequestFacts[]> {
  return client.requests();
}

/**
 * Works on all files again and compares with a report of frames.
 *
 * Args:
 *   onDone: told how many files are done of all.
 * Raises: the signal's reason where it was cancelled.
 */
export async function checkFrames(report: Report, signal: AbortSignal, onDone: (done: number, total: number) => void): Promise<CheckResult> {
  const all = allImages().flatMap(({ file, path }) => (file ? [{ path, source: file }] : []));
  onDone(0, all.length);
  return client.checkReport(report, all, { signal, onProgress: (done) => onDone(done, all.length) });
}

/** A report that was dropped on the page, to be checked when the images with it are done. */
export const droppedReport = signal<File | null>(null);
