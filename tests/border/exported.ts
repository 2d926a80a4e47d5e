/** Networks as people export them, small, for tests. */
import { GraphWriter } from './onnx_writer.ts';

/** Layers with weights that are drawn by a rule. */
export class Exported {
  readonly graph = new GraphWriter();
  #seed = 7;

  weights(shape: number[], scale = 0.5): string {
    return this.graph.floats(shape, Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
      this.#seed = (this.#seed * 16_807) % 2_147_483_647;
      return (this.#seed / 2_147_483_647 - 0.5) * 2 * scale;
    }));
  }

  conv(input: string, inputs: number, outputs: number): string {
    return this.graph.node('Relu', [this.graph.node('Conv', [input, this.weights([outputs, inputs, 3, 3]), this.weights([outputs])], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })]);
  }

  node(type: string, inputs: string[], attributes: Parameters<GraphWriter['node']>[2] = {}): string {
    return this.graph.node(type, inputs, attributes);
  }
}
