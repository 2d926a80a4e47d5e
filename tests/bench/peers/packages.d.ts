/** What is used of the rivals' packages, so that types can be checked where they are not installed. */
declare module '@huggingface/transformers' {
  export interface Found { label: string; score: number }
  export class RawImage { static fromBlob(blob: Blob): Promise<RawImage> }
  export const env: {
    allowRemoteModels: boolean; allowLocalModels: boolean; useBrowserCache: boolean; localModelPath: string;
    backends: { onnx: { wasm: { wasmPaths: { mjs: string; wasm: string }; numThreads: number } } };
  };
  export function pipeline(task: 'image-classification', model: string, options: object): Promise<(images: RawImage[], options: { top_k: number }) => Promise<(Found | Found[])[]>>;
}

declare module '@tensorflow/tfjs-core' {
  export interface Tensor { dataSync(): Float32Array }
  interface FusedOptions { x: Tensor; filter: Tensor; bias: Tensor; strides: number; pad: 'same'; activation: 'relu6' | 'linear' }
  export const fused: { conv2d(options: FusedOptions): Tensor; depthwiseConv2d(options: FusedOptions): Tensor };
  export const browser: { fromPixels(image: ImageData): Tensor };
  export function env(): { set(name: string, value: boolean): void };
  export function setBackend(name: string): Promise<boolean>;
  export function tensor(values: Float32Array, shape: number[]): Tensor;
  export function add(one: Tensor, other: Tensor): Tensor;
  export function sub(one: Tensor, other: number): Tensor;
  export function div(one: Tensor, other: number): Tensor;
  export function matMul(one: Tensor, other: Tensor): Tensor;
  export function mean(of: Tensor, axes: number[]): Tensor;
  export function expandDims(of: Tensor, axis: number): Tensor;
  export function tidy<T>(work: () => T): T;
}

declare module '@tensorflow/tfjs-backend-wasm' {
  export function setWasmPaths(folder: string): void;
}

declare module '@litertjs/core' {
  export class Tensor {
    constructor(values: Float32Array, shape: number[]);
    data(): Promise<Float32Array>;
    delete(): void;
  }
  export function loadLiteRt(folder: string): Promise<unknown>;
  export function loadAndCompile(model: Uint8Array, options: { accelerator: 'wasm' }): Promise<{ run(input: Tensor): Promise<Tensor[]> }>;
}

declare module 'flatbuffers' {
  export class Builder {
    constructor(size: number);
    startObject(fields: number): void;
    endObject(): number;
    startVector(size: number, count: number, alignment: number): void;
    endVector(): number;
    addInt8(value: number): void;
    addInt32(value: number): void;
    addOffset(offset: number): void;
    addFieldInt8(field: number, value: number, usual: number): void;
    addFieldInt32(field: number, value: number, usual: number): void;
    addFieldOffset(field: number, offset: number, usual: number): void;
    createString(text: string): number;
    finish(root: number, identifier: string): void;
    asUint8Array(): Uint8Array;
  }
}

declare module 'sharp' {
  interface Sharp {
    extract(part: { left: number; top: number; width: number; height: number }): Sharp;
    resize(width: number, height: number, options: { kernel: 'linear' }): Sharp;
    removeAlpha(): Sharp;
    raw(): Sharp;
    metadata(): Promise<{ width: number; height: number }>;
    toBuffer(): Promise<Uint8Array>;
  }
  function sharp(bytes: Uint8Array): Sharp;
  namespace sharp { function concurrency(threads: number): void }
  export default sharp;
}

declare module 'onnxruntime-node' {
  interface Session { run(feeds: object): Promise<Record<string, { data: Float32Array }>> }
  export const InferenceSession: { create(file: Uint8Array, options: object): Promise<Session> };
  export const Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}
