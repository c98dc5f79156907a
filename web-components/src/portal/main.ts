/** Starts the portal: loads the elements it is made of. The page itself holds only `<zlh-portal>`. */
import './portal.ts';
