/** Files beside a page of the benchmark. */
export const address = (path: string) => new URL(path, document.baseURI).href;

export async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(address(path))).arrayBuffer());
}
