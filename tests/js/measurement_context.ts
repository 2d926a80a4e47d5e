import type { MeasurementContext, ModelSpec } from '../../src/js/index.ts';

/** Where a measurement of so many made-up cells comes from; one name is hostile. */
export function measurementContext(spec: ModelSpec, measured: number): MeasurementContext {
  return {
    spec, appVersion: '0.1.0', provenance: { commit: 'a1b2c3', platform: 'Node', time: '2026-01-02T03:04:05.000Z', specSha256: '95c52f3110ce248a4ff852cae62c47dbd83d6eeb14a6748ef264c9ea7d752016' },
    accounting: { images: measured + 10, measured, unread: 0, without_truth: 0, of_other_types: { '"><script>alert(1)</script>': 10 }, named: measured - 50, named_rightly: measured - 60, unsure: 40, foreign: 10, poor_quality: 0 },
    grouping: 'none', draws: 200, truth: 'labels <b>&.csv', unsureBelow: 0.85,
  };
}
