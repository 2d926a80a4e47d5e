/**
 * A project as one file: a zip of a manifest, results, answers and, where they are wanted, the images.
 *
 * `manifest.json`: head and images, each with the name that its bytes have in the archive; `records.ndjson` and `frames.ndjson`: a line an image, `null`
 * where there is nothing; `answers.json`: what people said; `labels.json`: a table of labels, where one was chosen; `teaching.json`: what is taught, where anything is. The schema's number rises when any of it changes its meaning; older ones are brought up to date.
 */
import type { FileEntry } from '@zip.js/zip.js';
import { CytodropError } from '../core/errors.ts';
import { filesOfZip, zipLibrary } from '../core/unzip.ts';
import { type Project, type ProjectHead, type ProjectImage, projectSchema } from './project.ts';
import { typedParse, typedStringify } from './typed_json.ts';

/** What stands at the end of the file's name. */
export const projectEnding = '.cytodrop';

const names = { manifest: 'manifest.json', records: 'records.ndjson', frames: 'frames.ndjson', answers: 'answers.json', labels: 'labels.json', teaching: 'teaching.json' } as const;

/** Nobody has more, and one who says so means harm. */
const mostEntries = 250_000;
const mostTextBytes = 1_500_000_000;

/** An image as it stands in the manifest. */
type Listed = ProjectImage & { stored: string | null };

export interface SaveOptions {
  /** Bytes of an image by its position; null where they are not wanted, or not here. */
  fileOf: (position: number) => Blob | null;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Raises: the signal's reason where it was cancelled; what reading an image raises. */
export async function writeProject({ head, images, records, frames, reviews, labels, teaching }: Project, { fileOf, onProgress = () => {}, signal }: SaveOptions): Promise<Blob> {
  const { BlobReader, BlobWriter, TextReader, ZipWriter } = await zipLibrary();
  const writer = new ZipWriter(new BlobWriter('application/zip'), { extendedTimestamp: false });
  const stored = images.map(({ path }, i) => (fileOf(i) ? `images/${String(i + 1).padStart(6, '0')}${/\.[A-Za-z0-9]{1,8}$/.exec(path)?.[0] ?? ''}` : null));
  const listed: Listed[] = images.map((image, i) => ({ ...image, stored: stored[i] ?? null }));
  const lines = (list: readonly unknown[]): string => Array.from(list, (one) => `${typedStringify(one ?? null)}\n`).join('');
  await writer.add(names.manifest, new TextReader(typedStringify({ head, images: listed })));
  await writer.add(names.answers, new TextReader(typedStringify(reviews)));
  if (teaching) await writer.add(names.teaching, new TextReader(typedStringify(teaching)));
  if (labels) await writer.add(names.labels, new TextReader(typedStringify(labels)));
  await writer.add(names.records, new TextReader(lines(records)));
  await writer.add(names.frames, new TextReader(lines(frames)));
  for (const [i, name] of stored.entries()) {
    signal?.throwIfAborted();
    const file = fileOf(i);
    // Images are compressed already, and what is stored as it is can be read in place.
    if (name !== null && file) await writer.add(name, new BlobReader(file), { level: 0 });
    onProgress(i + 1, images.length);
  }
  return writer.close();
}

export interface ReadProject extends Project {
  /** Bytes of an image by its position, read in place; null where the file does not hold them. */
  fileOf: (position: number) => Promise<Blob | null>;
}

/**
 * Reads a project file.
 *
 * Raises: CytodropError in one sentence for a person: `corrupt` for what is none or is damaged, `unsupported_format` for one of a newer version.
 */
export async function readProject(file: Blob): Promise<ReadProject> {
  const { BlobWriter } = await zipLibrary();
  const entries = await listed(file);
  const textOf = async (name: string): Promise<string> => {
    const entry = entries.get(name);
    if (!entry) throw damaged(`it has no ${name}`);
    if (entry.uncompressedSize > mostTextBytes) throw damaged(`${name} is too large`);
    try {
      const text = new LimitedText(entry.uncompressedSize);
      await entry.getData(text.stream, { checkSignature: true });
      return text.text();
    } catch {
      throw damaged(`${name} cannot be unpacked`);
    }
  };
  const parse = (name: string, text: string): unknown => {
    try {
      return typedParse(text);
    } catch {
      throw damaged(`${name} is no JSON`);
    }
  };
  const linesOf = async (name: string): Promise<unknown[]> => (await textOf(name)).split('\n').filter((line) => line !== '').map((line) => parse(name, line));
  const manifest = upToDate(parse(names.manifest, await textOf(names.manifest)));
  const { checkProject } = await import('./project_schema.ts');
  let project: Project;
  try {
    const ifThere = async (name: string): Promise<unknown> => (entries.has(name) ? parse(name, await textOf(name)) : null);
    project = checkProject({
      ...manifest, records: await linesOf(names.records), frames: await linesOf(names.frames), reviews: parse(names.answers, await textOf(names.answers)), labels: await ifThere(names.labels), teaching: await ifThere(names.teaching),
    });
  } catch (error) {
    throw error instanceof CytodropError ? error : damaged(`${(error as Error).message || 'something'} is not as it must be`);
  }
  const fileOf = async (position: number): Promise<Blob | null> => {
    const { stored = null } = (project.images[position] ?? {}) as Partial<Listed>;
    const entry = typeof stored === 'string' ? entries.get(stored) : undefined;
    if (!entry) return null;
    if (entry.uncompressedSize !== project.images[position]?.sizeBytes) throw damaged(`${stored} has another size`);
    return entry.compressionMethod === 0 ? inPlace(file, entry) : entry.getData(new BlobWriter());
  };
  return { ...project, fileOf };
}

async function listed(file: Blob): Promise<Map<string, FileEntry>> {
  const none = (): Error => new CytodropError('corrupt', 'It is no project file of Cytodrop, or it is damaged.');
  const found = await filesOfZip(file, mostEntries, { none, tooMany: () => damaged('it has too many parts') });
  if (!found.has(names.manifest)) throw none();
  return found;
}

function damaged(what: string): CytodropError {
  return new CytodropError('corrupt', `The project file is damaged: ${what}. Nothing of it was opened.`);
}

/** By the schema that they come from: what makes the next one of it. */
const migrations: Record<string, (manifest: Record<string, unknown>) => Record<string, unknown>> = {};

function upToDate(manifest: unknown): Record<string, unknown> {
  let now = manifest as { head?: { schema?: unknown; cytodrop?: unknown } } & Record<string, unknown>;
  if (typeof now !== 'object' || now === null || typeof now.head !== 'object' || now.head === null) throw damaged(`${names.manifest} says nothing of the project`);
  for (let step = migrations[String(now.head.schema)]; step; step = migrations[String(now.head?.schema)]) now = step(now);
  const [, number] = /^cytodrop\/project\/(\d+)$/.exec(String(now.head?.schema)) ?? [];
  if (Number(number) > Number(projectSchema.split('/')[2])) throw new CytodropError('unsupported_format', `It was saved by a newer Cytodrop (${String(now.head?.cytodrop).slice(0, 20)}); update this one to open it.`);
  return now;
}

/** Text that is no longer than it said, whatever unpacking it makes. */
class LimitedText {
  readonly stream: WritableStream<Uint8Array>;
  readonly #parts: Uint8Array[] = [];

  constructor(mostBytes: number) {
    let left = mostBytes;
    this.stream = new WritableStream({
      write: (part) => {
        left -= part.length;
        if (left < 0) throw new RangeError('longer than it said');
        this.#parts.push(part);
      },
    });
  }

  text(): string {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return this.#parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
  }
}

/** Bytes of a local header, and where it says how long the name and what follows are. Source: PKWARE APPNOTE 6.3.10, section 4.3.7. */
const headerBytes = 30;

/** An entry that is stored as it is, as a part of the archive. */
async function inPlace(file: Blob, { offset, uncompressedSize, filename }: FileEntry): Promise<Blob> {
  const header = new DataView(await file.slice(offset, offset + headerBytes).arrayBuffer());
  if (header.byteLength < headerBytes || header.getUint32(0, true) !== 0x04034b50) throw damaged(`${filename} is not where it should be`);
  const start = offset + headerBytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + uncompressedSize > file.size) throw damaged(`${filename} is cut off`);
  return file.slice(start, start + uncompressedSize);
}

/** A name that every file system takes. */
export function projectFileName({ name }: Pick<ProjectHead, 'name'>): string {
  return `${name.replace(/[^\p{L}\p{N} ._-]/gu, '_').replace(/^[. ]+/, '').trim().slice(0, 80) || 'project'}${projectEnding}`;
}
