/** Files that the page makes for the person. */
import { saveBlob } from '../state/save_file.ts';

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function saveFile(text: BlobPart, type: string, name: string): void {
  saveBlob(new Blob([text], { type }), name);
}
