/** The contract of `portal`: nothing yet. Pages, panels and widgets of other plugins will be its points. */
export {};
