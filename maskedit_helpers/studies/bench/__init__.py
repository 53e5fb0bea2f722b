"""What an edit costs: stock diffusers against this kit's plans in one run, and the parts of which its time is made."""
