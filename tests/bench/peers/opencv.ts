/** OpenCV.js, as far as it is used here. */
export interface Mat {
  rows: number;
  cols: number;
  data: Uint8Array;
  data32F: Float32Array;
  data32S: Int32Array;
  create(rows: number, cols: number, type: number): void;
  delete(): void;
}

export interface OpenCv {
  Mat: new () => Mat;
  MatVector: new () => { size(): number; delete(): void };
  Size: new (width: number, height: number) => object;
  Scalar: new (value: number) => object;
  matFromImageData(image: ImageData): Mat;
  getStructuringElement(shape: number, size: object): Mat;
  cvtColor(from: Mat, to: Mat, code: number): void;
  normalize(from: Mat, to: Mat, alpha: number, beta: number, kind: number, type?: number): void;
  resize(from: Mat, to: Mat, size: object, fx: number, fy: number, way: number): void;
  medianBlur(from: Mat, to: Mat, size: number): void;
  absdiff(one: Mat, other: Mat, to: Mat): void;
  GaussianBlur(from: Mat, to: Mat, size: object, sigma: number): void;
  threshold(from: Mat, to: Mat, level: number, most: number, kind: number): number;
  morphologyEx(from: Mat, to: Mat, way: number, element: Mat): void;
  findContours(from: Mat, to: { size(): number }, hierarchy: Mat, way: number, detail: number): void;
  drawContours(to: Mat, contours: { size(): number }, which: number, colour: object, thickness: number): void;
  distanceTransform(from: Mat, to: Mat, kind: number, mask: number): void;
  dilate(from: Mat, to: Mat, element: Mat): void;
  connectedComponents(from: Mat, to: Mat): number;
  watershed(picture: Mat, marks: Mat): void;
  MORPH_ELLIPSE: number; MORPH_CLOSE: number; MORPH_OPEN: number;
  COLOR_RGBA2GRAY: number; COLOR_GRAY2RGB: number;
  NORM_MINMAX: number; INTER_AREA: number; INTER_LINEAR: number;
  THRESH_BINARY: number; THRESH_OTSU: number;
  RETR_EXTERNAL: number; CHAIN_APPROX_NONE: number; FILLED: number; DIST_L2: number;
  CV_8U: number; CV_8UC1: number;
}
