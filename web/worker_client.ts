/** The page's classifier. */
import { Classifier, type EngineKind, type RuntimeFacts, type SelfTest } from '../src/js/index.ts';

export interface ClassifyJob { index: number; file: File }

export interface LoadedModel {
  runtime: RuntimeFacts;
  /** The worst of all workers. */
  selfTest: SelfTest;
  /** Workers that share the images. */
  workers: number;
}

/**
 * Args:
 *   engine: runs every network with this one; undefined leaves the choice to the network.
 *   onSelfTest: told the worst of all self-tests whenever a worker has tested itself, also one that replaces a dead one.
 */
export function pageClassifier(engine: EngineKind | undefined, onSelfTest: (worst: SelfTest) => void): Classifier {
  return new Classifier({ ...(engine && { engine }), home: new URL('./', document.baseURI), onSelfTest });
}
