/** The page's one classifier. */
import { signal } from '@preact/signals';
import { Classifier, engineKinds, type RuntimeFacts, type SelfTest } from '../../src/js/index.ts';

export interface LoadedModel {
  runtime: RuntimeFacts;
  /** The worst of all workers. */
  selfTest: SelfTest;
  /** Workers that share the images. */
  workers: number;
}

/** The worst of all workers, told whenever one has tested itself, also one that replaces a dead one. */
export const lastSelfTest = signal<SelfTest | null>(null);

/** For developers: ?engine=core or ?engine=onnxruntime in the address runs every network with that one. */
const engineInAddress = new URLSearchParams(location.search).get('engine');
export const engine = engineKinds.find((kind) => kind === engineInAddress);

export const client = new Classifier({
  ...(engine && { engine }),
  home: new URL('./', document.baseURI),
  onSelfTest: (selfTest) => { lastSelfTest.value = selfTest; },
});
