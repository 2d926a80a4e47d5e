/** Networks that somebody exported, made models: loaded where one is brought. */
export { folderIn } from './model/model_zip.ts';
export type { Told } from './model/export_habits.ts';
export { filesInZip, type FoundNetwork, type NamedFile, networkAmong } from './model/network_files.ts';
export type { NetworkParts } from './model/network_parts.ts';
export { leastSidePx, mostSidePx, mostTypes, type NetworkAnswers, type PixelRange, pixelRanges } from './model/own_network.ts';
export { NetworkTrial, type TriedNetwork } from './work/network_trial.ts';
