/** Outlines and letters, as the picture of a frame and what is saved of it draw them. */
export interface Colours { line: string; ink: string }

/** Adds a closed outline, leaving out points closer to the last one than `least` px. */
export function addOutline(path: Path2D, outline: Float32Array, least: number): void {
  let x = outline[0] ?? 0;
  let y = outline[1] ?? 0;
  path.moveTo(x, y);
  for (let i = 2; i < outline.length; i += 2) {
    const nextX = outline[i] as number;
    const nextY = outline[i + 1] as number;
    if (Math.abs(nextX - x) + Math.abs(nextY - y) < least) continue;
    path.lineTo((x = nextX), (y = nextY));
  }
  path.closePath();
}

/** A letter on a chip of its class's colour, `side` px square. */
export function paintLetter(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, letter: string, { line, ink }: Colours, side: number, x = 0, y = 0): void {
  context.fillStyle = line;
  context.beginPath();
  context.roundRect(x + 0.5, y + 0.5, side - 1, side - 1, side / 5);
  context.fill();
  context.lineWidth = Math.max(1, side / 16);
  context.strokeStyle = 'rgb(0 0 0 / 0.6)';
  context.stroke();
  context.fillStyle = ink;
  context.font = `600 ${Math.round(side * (letter.length > 1 ? 0.55 : 0.72))}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(letter, x + side / 2, y + side * 0.54);
}
