/**
 * Networks as ONNX files with random weights: for time, weights do not matter.
 *
 * Batch normalisation is folded into the convolutions, as a converter does it. Input `x` N×3×side×side, output `y`.
 */
import { GraphWriter } from '../border/onnx_writer.ts';

export interface GeneratedNetwork { network: Uint8Array; parameters: number }

class RandomNetwork {
  readonly graph = new GraphWriter();
  parameters = 0;
  #seed = 1;

  #weights(shape: number[], scale: number): string {
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
      this.#seed = (this.#seed * 16807) % 2147483647;
      return (this.#seed / 2147483647 - 0.5) * 2 * scale;
    });
    this.parameters += values.length;
    return this.graph.floats(shape, values);
  }

  convolution(input: string, inputs: number, outputs: number, kernel: number, stride = 1, group = 1): string {
    const fanIn = (inputs / group) * kernel * kernel;
    const weight = this.#weights([outputs, inputs / group, kernel, kernel], Math.sqrt(3 / fanIn));
    return this.graph.node('Conv', [input, weight, this.#weights([outputs], 0.1)], {
      kernel_shape: [kernel, kernel], strides: [stride, stride], group, auto_pad: 'SAME_UPPER',
    });
  }

  silu(input: string): string {
    return this.graph.node('Mul', [input, this.graph.node('Sigmoid', [input])]);
  }

  relu6(input: string): string {
    return this.graph.node('Clip', [input, this.graph.floats([], Float32Array.of(0)), this.graph.floats([], Float32Array.of(6))]);
  }

  relu(input: string): string {
    return this.graph.node('Relu', [input]);
  }

  file(side: number, output: string): GeneratedNetwork {
    return { network: this.graph.file(['n', 3, side, side], output), parameters: this.parameters };
  }
}

interface Stage { fused: boolean; repeats: number; outputs: number; expansion: number; stride: number }

/** Source: Tan and Le 2021, EfficientNetV2, table 4; B0 widths and repeats as in Keras 3 `efficientnet_v2`. */
const efficientNetStages: Stage[] = [
  { fused: true, repeats: 1, outputs: 16, expansion: 1, stride: 1 },
  { fused: true, repeats: 2, outputs: 32, expansion: 4, stride: 2 },
  { fused: true, repeats: 2, outputs: 48, expansion: 4, stride: 2 },
  { fused: false, repeats: 3, outputs: 96, expansion: 4, stride: 2 },
  { fused: false, repeats: 5, outputs: 112, expansion: 6, stride: 1 },
  { fused: false, repeats: 8, outputs: 192, expansion: 6, stride: 2 },
];

function efficientNetBlock(made: RandomNetwork, input: string, inputs: number, { fused, outputs, expansion, stride }: Stage): string {
  const hidden = inputs * expansion;
  let value = input;
  if (fused && expansion === 1) {
    value = made.silu(made.convolution(value, inputs, outputs, 3, stride));
  } else if (fused) {
    value = made.silu(made.convolution(value, inputs, hidden, 3, stride));
    value = made.convolution(value, hidden, outputs, 1);
  } else {
    value = made.silu(made.convolution(value, inputs, hidden, 1));
    value = made.silu(made.convolution(value, hidden, hidden, 3, stride, hidden));
    const squeezed = made.silu(made.convolution(made.graph.node('GlobalAveragePool', [value]), hidden, inputs / 4, 1));
    value = made.graph.node('Mul', [value, made.graph.node('Sigmoid', [made.convolution(squeezed, inputs / 4, hidden, 1)])]);
    value = made.convolution(value, hidden, outputs, 1);
  }
  return stride === 1 && inputs === outputs ? made.graph.node('Add', [value, input]) : value;
}

/** Returns: a network whose output for 224 px is N×1280×7×7. */
export function efficientNetV2B0(side: number): GeneratedNetwork {
  const made = new RandomNetwork();
  let channels = 32;
  let value = made.silu(made.convolution('x', 3, channels, 3, 2));
  for (const stage of efficientNetStages) {
    for (let repeat = 0; repeat < stage.repeats; repeat++) {
      value = efficientNetBlock(made, value, channels, repeat === 0 ? stage : { ...stage, stride: 1 });
      channels = stage.outputs;
    }
  }
  return made.file(side, made.silu(made.convolution(value, channels, 1280, 1)));
}

/** Source: He et al. 2015, table 1: blocks, middle channels, stride. */
const resNetStages = [[3, 64, 1], [4, 128, 2], [6, 256, 2], [3, 512, 2]] as const;

/** Returns: ResNet-50 up to its last block, 2048 channels at a 32nd of the side. */
export function resNet50(side: number): GeneratedNetwork {
  const made = new RandomNetwork();
  let channels = 64;
  let value = made.graph.node('MaxPool', [made.relu(made.convolution('x', 3, channels, 7, 2))], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' });
  for (const [blocks, middle, firstStride] of resNetStages) {
    for (let block = 0; block < blocks; block++) {
      const [stride, outputs] = [block === 0 ? firstStride : 1, 4 * middle];
      const inner = made.relu(made.convolution(made.relu(made.convolution(value, channels, middle, 1)), middle, middle, 3, stride));
      const past = block === 0 ? made.convolution(value, channels, outputs, 1, stride) : value;
      value = made.relu(made.graph.node('Add', [made.convolution(inner, middle, outputs, 1), past]));
      channels = outputs;
    }
  }
  return made.file(side, value);
}

/** Source: Sandler et al. 2018, MobileNetV2, table 2: expansion, channels, repeats, stride. */
const mobileNetStages = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const;

/** Returns: MobileNetV2 up to its last convolution, 1280 channels at a 32nd of the side. */
export function mobileNetV2(width: number, side: number): GeneratedNetwork {
  const made = new RandomNetwork();
  const scaled = (channels: number) => {
    const rounded = Math.max(8, Math.floor((channels * width + 4) / 8) * 8);
    return rounded < 0.9 * channels * width ? rounded + 8 : rounded;
  };
  let channels = scaled(32);
  let value = made.relu6(made.convolution('x', 3, channels, 3, 2));
  for (const [expansion, full, repeats, firstStride] of mobileNetStages) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const [input, stride, outputs, hidden] = [value, repeat === 0 ? firstStride : 1, scaled(full), channels * expansion];
      if (expansion > 1) value = made.relu6(made.convolution(value, channels, hidden, 1));
      value = made.relu6(made.convolution(value, hidden, hidden, 3, stride, hidden));
      value = made.convolution(value, hidden, outputs, 1);
      if (stride === 1 && channels === outputs) value = made.graph.node('Add', [value, input]);
      channels = outputs;
    }
  }
  return made.file(side, made.relu6(made.convolution(value, channels, Math.max(1280, scaled(1280)), 1)));
}
