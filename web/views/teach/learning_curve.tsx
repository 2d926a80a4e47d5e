/** How much more is right with more pictures. */
import { formatCount } from '../../state/format.ts';
import { words } from './words.ts';

/** px. */
const [width, height, left, bottom, top, right] = [340, 168, 36, 36, 12, 14];
/** Of the last step, in balanced accuracy. */
const leastRise = 0.01;

export function LearningCurve({ points }: { points: readonly { learnedFrom: number; balancedAccuracy: number }[] }) {
  const most = Math.max(1, ...points.map(({ learnedFrom }) => learnedFrom));
  const lowest = Math.min(...points.map(({ balancedAccuracy }) => balancedAccuracy));
  const from = Math.max(0, Math.floor(10 * (lowest - 0.05)) / 10);
  const x = (cells: number): number => left + ((width - left - right) * cells) / most;
  const y = (share: number): number => top + (height - top - bottom) * (1 - (share - from) / (1 - from));
  const line = points.map(({ learnedFrom, balancedAccuracy }, i) => `${i === 0 ? 'M' : 'L'}${x(learnedFrom).toFixed(1)} ${y(balancedAccuracy).toFixed(1)}`).join('');
  const [before, last] = points.slice(-2);
  const rises = before && last && last.balancedAccuracy - before.balancedAccuracy > leastRise;
  const ticks = [from, (from + 1) / 2, 1];
  return (
    <figure class="learning-curve">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words.good.curveWords(points)}>
        {ticks.map((share) => (
          <g key={share}>
            <line x1={left} x2={width - right} y1={y(share)} y2={y(share)} class="grid" />
            <text x={left - 6} y={y(share)} dy="0.35em" text-anchor="end">{Math.round(100 * share)}</text>
          </g>
        ))}
        <path d={line} class="curve" />
        {points.map(({ learnedFrom, balancedAccuracy }) => (
          <g key={learnedFrom}>
            <circle cx={x(learnedFrom)} cy={y(balancedAccuracy)} r={3.5} />
            <text x={x(learnedFrom)} y={height - bottom + 16} text-anchor="middle">{formatCount(learnedFrom)}</text>
          </g>
        ))}
        <text x={(left + width - right) / 2} y={height - 4} text-anchor="middle" class="axis">{words.good.curveX}</text>
      </svg>
      <figcaption class="small muted">
        {words.good.curveY}. {rises ? words.good.curveRising : words.good.curveFlat}
      </figcaption>
    </figure>
  );
}
