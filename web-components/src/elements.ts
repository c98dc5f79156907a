/** All elements for other people's pages, in one file: `<script defer src="…/zlh-elements.js"></script>`. */
import './api-keys/api-keys.ts';
import './backups/backups.ts';
import './console/console.ts';
import './create-dev-environment/create-dev-environment.ts';
import './create-instance/create-instance.ts';
import './instance-activity/instance-activity.ts';
import './instance-card/instance-card.ts';
import './instance-console/instance-console.ts';
import './instance-details/instance-details.ts';
import './instance-page/instance-page.ts';
import './instances/instances.ts';
import './operations/operations.ts';
import './sign-in/sign-in.ts';
