/** Where the models lie beside the page. */
import type { ModelListing } from '../src/js/index.ts';

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
  const response = await fetchSiteFile(new URL('models/index.json', document.baseURI));
  return (await response.json()) as ModelListing[];
}

/**
 * Fetches a file of this site, from the network or from what the service worker keeps.
 *
 * Raises: Error that says what a person can do.
 */
export async function fetchSiteFile(url: URL | string): Promise<Response> {
  const response = await fetch(url).catch(() => undefined);
  // The service worker's words for no connection and for another version of the site.
  if (response === undefined || response.status === 504) {
    throw new Error('It is not kept on this computer yet and needs the network once, which cannot be reached now.');
  }
  if (response.status === 409) throw new Error('The server has a newer version than this page; load the page again.');
  if (!response.ok) throw new Error(`The file ${new URL(url, self.location.href).pathname} could not be loaded (status ${response.status}).`);
  return response;
}
