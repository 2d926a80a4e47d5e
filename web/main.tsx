import { render } from 'preact';
import { takeHandedOver } from './parts/handed_over.ts';
import { begin } from './state/opening.ts';
import { startKeeping } from './state/offline.ts';
import { watchRequests } from './state/requests.ts';
import { applyTheme } from './state/view.ts';
import { App } from './views/app/app.tsx';

applyTheme();
watchRequests();
render(<App />, document.getElementById('app') ?? document.body);
takeHandedOver(begin());
startKeeping();
