// precompiled.cpp: gives the precompiled header a target to belong to. Empty on purpose.
