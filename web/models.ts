/** Where the models lie beside the page. */
import type { ModelListing } from './types.ts';

/** Address of one file of a model; a worker has no document and says where the page is. */
export function modelFileUrl(name: string, file: string, baseUrl = document.baseURI): URL {
  return new URL(`models/${name}/${file}`, baseUrl);
}

/**
 * The models this site offers, in the order the page shows them.
 *
 * Raises: Error when the list cannot be read.
 */
export async function listModels(): Promise<ModelListing[]> {
  const response = await fetch(new URL('models/index.json', document.baseURI));
  if (!response.ok) throw new Error(`The list of models could not be read (status ${response.status}).`);
  return (await response.json()) as ModelListing[];
}
