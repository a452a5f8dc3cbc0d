// Stands in for the package react-style-singleton; see withoutInlineStyles in bundle.js.
export const styleSingleton = () => () => null;
