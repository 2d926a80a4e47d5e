/** Which files of a folder are meant, and in what order; the page and the command line agree on both. */
import { isZarrArchive } from '../core/zarr_folder.ts';

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Order of paths as a person counts: cell 2 before cell 10; paths that read alike keep one order everywhere. */
export function comparePaths(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Bookkeeping files that operating systems leave in folders; nobody means to classify them. */
export function isBookkeeping(name: string): boolean {
  return name.startsWith('.') || /^(__macosx|thumbs\.db|desktop\.ini)$/i.test(name);
}

/** Documents that lie beside the images of a folder; given one by one they are meant, and get an error. */
export function isDocument(name: string): boolean {
  return !isZarrArchive(name) && /\.(txt|csv|tsv|json|xml|ya?ml|md|log|ini|rtf|html?|docx?|xlsx?|pptx?|odt|ods|pdf|zip|py|r|ipynb)$/i.test(name);
}
