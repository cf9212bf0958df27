/** What only the project's own tests and benches may import (package.json "imports"); not part of the package. */
export { ERRORS } from './errors.js';
