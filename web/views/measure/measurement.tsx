/** The view of a measurement, loaded when there is one: charts are nothing that the first verdict waits for. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MeasurementProps } from './measurement_view.tsx';
import { words } from './words.ts';

export type { MeasurementProps };

export function Measurement(props: MeasurementProps) {
  const [View, setView] = useState<ComponentType<MeasurementProps> | null>(null);
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    setFailed(false);
    import('./measurement_view.tsx').then(({ MeasurementView }) => wanted && setView(() => MeasurementView), () => wanted && setFailed(true));
    return () => { wanted = false; };
  }, [tries]);
  if (View) return <View {...props} />;
  if (!failed) return <p role="status">{words.loading}</p>;
  return (
    <p role="alert">
      {words.notLoaded}{' '}
      <button type="button" class="link" onClick={() => setTries(tries + 1)}>
        {words.again}
      </button>
    </p>
  );
}
