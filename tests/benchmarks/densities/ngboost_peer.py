"""What runs in NGBoost's environment: one table, defaults; nothing of this project can be imported here."""

import json
import sys
import time

import numpy as np
from ngboost import NGBClassifier, NGBRegressor
from ngboost.distns import k_categorical

asked = json.loads(sys.argv[1])
data = np.load(asked["data"])
start = time.process_time()
if asked["classes"]:
    kind = k_categorical(int(data["Y"].max()) + 1)
    model = NGBClassifier(Dist=kind, random_state=asked["seed"], verbose=False).fit(data["X"], data["Y"])
    fitted, start = time.process_time() - start, time.process_time()
    said = model.predict_proba(data["at"])
else:
    model = NGBRegressor(random_state=asked["seed"], verbose=False).fit(data["X"], data["Y"])
    fitted, start = time.process_time() - start, time.process_time()
    law = model.pred_dist(data["at"])
    noise = np.random.default_rng(asked["seed"]).normal(size=(len(data["at"]), asked["draws"]))
    said = law.params["loc"][:, None] + law.params["scale"][:, None] * noise
np.savez(asked["out"], said=said, fit=fitted, sample=1e6 * (time.process_time() - start) / said.size)
