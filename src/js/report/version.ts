declare const __APP_VERSION__: string | undefined;

/** Version in package.json, put in by the build; empty where the source runs as it is. */
export const appVersion: string = typeof __APP_VERSION__ === 'string' ? __APP_VERSION__ : '';

declare const __COMMIT__: string | undefined;

/** The source's commit when this was built, with a plus where files differed from it; empty where it was built outside a repository. */
export const commit: string = typeof __COMMIT__ === 'string' ? __COMMIT__ : '';
