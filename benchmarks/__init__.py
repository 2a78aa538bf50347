"""Measurements against other systems and against limits; the product imports none of these modules."""

import os

# As the command line does, for the product and every system compared: threads that wait for one another
# sleep instead of spinning. Read once, when a neural library is loaded, so it stands before all imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
