/** Views that nobody needs before the first result: their code comes when they are first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf, notice } from '../state/notice.ts';

/** Args: load: gives the view; asked again after a failure. */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let known: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [view, setView] = useState(() => known);
    useEffect(() => {
      if (known) return;
      load().then((found) => {
        known = found;
        setView(() => found);
      }, (error: unknown) => {
        notice.value = { words: messageOf(error) };
      });
    }, []);
    const View = view;
    return View ? <View {...props} /> : null;
  };
}
