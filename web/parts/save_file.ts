/** Files that the page makes for the person. */

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function saveFile(text: BlobPart, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  // The browser reads the address after the click; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
