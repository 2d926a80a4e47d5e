/** Where the models lie beside the page. */
import { listModels as modelsBeside, type ModelListing, readFile } from '../../src/js/index.ts';

export const siteFolder = new URL('./', document.baseURI);

/** Address of one file of a model. */
export function modelFileUrl(name: string, file: string): URL {
  return new URL(`models/${name}/${file}`, document.baseURI);
}

/**
 * The models this site offers, in the order the page shows them.
 *
 * Raises: Error when the list cannot be read.
 */
export function listModels(): Promise<ModelListing[]> {
  return modelsBeside(siteFolder);
}

/**
 * Fetches a file of this site, from the network or from what the service worker keeps.
 *
 * Raises: Error that says what a person can do.
 */
export async function fetchSiteFile(url: URL): Promise<Response> {
  return new Response((await readFile(url)) as Uint8Array<ArrayBuffer>);
}
