import { render } from 'preact';
import { App } from './components/app.tsx';
import { start } from './state/session.ts';
import { startKeeping } from './state/offline.ts';
import { watchRequests } from './state/requests.ts';
import { applyTheme } from './state/view.ts';

applyTheme();
watchRequests();
render(<App />, document.getElementById('app') ?? document.body);
void start();
startKeeping();
