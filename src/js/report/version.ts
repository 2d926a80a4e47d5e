declare const __APP_VERSION__: string;

/** Version in package.json, put in by the build. */
export const appVersion: string = __APP_VERSION__;

declare const __COMMIT__: string;

/** The source's commit when this was built, with a plus where files differed from it; empty where it was built outside a repository. */
export const commit: string = __COMMIT__;
