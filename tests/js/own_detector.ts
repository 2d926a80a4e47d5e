/** A detector of a person's own for tests: the shipped one for round cells under another name, changed as a test needs it. */
import { bytesOf } from '../border/fixtures.ts';
import { zip } from '../../src/js/report/zip.ts';

export const detectorSpec = JSON.parse(new TextDecoder().decode(bytesOf('models/round/spec.json'))) as { name: string; title: string; threshold: number; network: { sha256: string } };
export const detectorNetwork = bytesOf('models/round/network.onnx');

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Its folder. */
export function ownDetector(changed: object = {}, network: Uint8Array = detectorNetwork): { name: string; bytes: Uint8Array }[] {
  return [{ name: 'spec.json', bytes: text({ ...detectorSpec, name: 'my-cells', version: '1.2.3', title: 'My cells', ...changed }) }, { name: 'network.onnx', bytes: network }];
}

export function ownDetectorZip(changed: object = {}, network: Uint8Array = detectorNetwork): Uint8Array {
  return zip(ownDetector(changed, network));
}
