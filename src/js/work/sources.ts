/** What callers hand over: models by name, address or as files; images of every kind. */
import { platform } from '#platform';
import { CytodropError } from '../core/errors.ts';
import type { ModelListing, ModelSpec } from '../model/spec.ts';
import type { ImageSource } from '../platform/platform.ts';

/** A model's files by their paths below its folder; those of a folder that a person chose in a browser as they come. */
export type ModelFolder = ReadonlyMap<string, Blob | Uint8Array> | readonly File[];

/** The name of a shipped model, the address of a model's folder, or its files. */
export type ModelSource = string | URL | ModelFolder;

/** An image with a name of its own, where what it has by itself would not do. */
export interface NamedImage { path: string; source: ImageSource }

/** Reads a file of a model by its path below the model's folder. Raises: Error that says what a person can do. */
export type ReadModelFile = (file: string, onProgress?: (loadedBytes: number) => void) => Promise<Uint8Array>;

/**
 * Args:
 *   home: folder that models/ lies in.
 */
export function readerOf(model: ModelSource, home: URL): ReadModelFile {
  if (typeof model === 'string') {
    // A path would lead out of the folder of models.
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(model)) throw new CytodropError('invalid_argument', `"${model}" is not the name of a model.`);
    return (file, onProgress) => platform.read(new URL(`models/${model}/${file}`, home), onProgress);
  }
  if (model instanceof URL) {
    const folder = new URL(model.href.endsWith('/') ? model : `${model.href}/`);
    return (file, onProgress) => platform.read(new URL(file, folder), onProgress);
  }
  const files = isMap(model) ? model : filesBelow(model);
  return async (path) => {
    const file = files.get(path);
    if (file === undefined) throw new CytodropError('invalid_model', `The model's file ${path} is missing.`);
    return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  };
}

const isMap = (model: ModelFolder): model is ReadonlyMap<string, Blob | Uint8Array> => model instanceof Map;

/** By their paths without the folder's own name, which the folder with spec.json has. */
function filesBelow(files: readonly File[]): Map<string, File> {
  const paths = files.map((file) => file.webkitRelativePath || file.name);
  const folder = paths.find((path) => path === 'spec.json' || path.endsWith('/spec.json'))?.replace(/spec\.json$/, '') ?? '';
  return new Map(files.map((file, i) => [(paths[i] as string).replace(folder, ''), file]));
}

/** What an image is called in results: its path or its file's name, or its number where it has neither. */
export function pathOf(image: ImageSource | NamedImage, index: number): string {
  if (typeof image === 'string') return image;
  if (image instanceof URL) return image.href;
  if (typeof image === 'object' && 'path' in image && 'source' in image) return image.path;
  const { webkitRelativePath, name } = image as Partial<File>;
  return webkitRelativePath || name || String(index + 1);
}

export function sourceOf(image: ImageSource | NamedImage): ImageSource {
  return typeof image === 'object' && 'path' in image && 'source' in image ? image.source : image;
}

/** Reads what a model's folder says of it. Args: home: folder that models/ lies in. Raises: Error that says what a person can do. */
export async function readSpec(model: ModelSource, home = platform.home): Promise<ModelSpec> {
  return JSON.parse(new TextDecoder().decode(await readerOf(model, home)('spec.json'))) as ModelSpec;
}

/** The models that lie beside the library, in the order in which they are offered. Args: home: folder that models/ lies in. Raises: Error that says what a person can do. */
export async function listModels(home = platform.home): Promise<ModelListing[]> {
  return JSON.parse(new TextDecoder().decode(await platform.read(new URL('models/index.json', home)))) as ModelListing[];
}

/** Reads a file of the library or of the site that it came from. Raises: Error that says what a person can do. */
export function readFile(url: URL, onProgress?: (loadedBytes: number) => void): Promise<Uint8Array> {
  return platform.read(url, onProgress);
}
